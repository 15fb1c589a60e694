package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"strings"
)

// maxDepth bounds the nesting of a payload. The providers' payloads have six levels.
const maxDepth = 64

const formType = "application/x-www-form-urlencoded"

func isForm(r Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == formType
}

// formPayload returns the field payload of a form. It returns false for a form with several such
// fields.
func formPayload(body []byte) ([]byte, bool) {
	if len(body) > MaxBody {
		return nil, false
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["payload"]) != 1 {
		return nil, false
	}
	return []byte(form["payload"][0]), true
}

// payload returns the JSON of a request.
func payload(f format, r Request) ([]byte, error) {
	if len(r.Body) > MaxBody {
		return nil, fmt.Errorf("%w: %d bytes; at most %d are accepted", ErrPayload, len(r.Body), MaxBody)
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch charset, named := params["charset"]; {
	case err != nil, named && !strings.EqualFold(charset, "utf-8"):
		return nil, fmt.Errorf("%w: send application/json in UTF-8", ErrContentType)
	case media == "application/json":
		return r.Body, nil
	case media == formType && f.form:
		field, found := formPayload(r.Body)
		if !found {
			return nil, fmt.Errorf("%w: the form has no field payload, or several", ErrPayload)
		}
		return field, nil
	case f.form:
		return nil, fmt.Errorf("%w: send application/json, or %s", ErrContentType, formType)
	}
	return nil, fmt.Errorf("%w: send application/json", ErrContentType)
}

// decode decodes a payload into a struct of the members that matter. No error repeats the payload.
func decode(body []byte, into any) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0 || body[0] != '{':
		return fmt.Errorf("%w: it is not a JSON object", ErrPayload)
	case depth(body) > maxDepth:
		return fmt.Errorf("%w: it is nested more than %d levels deep", ErrPayload, maxDepth)
	case !json.Valid(body):
		return fmt.Errorf("%w: it is not valid JSON; perhaps it was cut off", ErrPayload)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: a member has a type that this provider never sends", ErrPayload)
	}
	return nil
}

// depth returns the deepest nesting of brackets outside strings.
func depth(body []byte) (deepest int) {
	level, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}
