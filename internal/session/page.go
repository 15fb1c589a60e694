package session

import (
	"html/template"
	"net/http"
)

var plain = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in to leat</title></head>
<body>
<main>
<h1>Sign in to leat</h1>
{{with .Problem}}<p role="alert">{{.}}</p>{{end}}
{{with .Provider}}<p><a href="{{$.Begin}}?next={{$.Next}}">Sign in with {{.}}</a></p>{{end}}
<form method="post" action="{{.Path}}">
<input type="hidden" name="{{.NextField}}" value="{{.Next}}">
<p><label>Token <input type="password" name="{{.TokenField}}" autocomplete="off" required></label> <button>Sign in</button></p>
</form>
</main>
</body>
</html>
`))

// plainPage is the page to sign in for a gateway without web pages.
func plainPage(w http.ResponseWriter, _ *http.Request, l Login) {
	w.WriteHeader(l.Status)
	_ = plain.Execute(w, map[string]string{ // it fails only if the client has gone
		"Problem": l.Problem, "Provider": l.Provider, "Next": l.Next, "Path": LoginPath, "Begin": BeginPath, "NextField": NextField, "TokenField": TokenField,
	})
}
