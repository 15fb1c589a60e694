package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
)

// checkDocument rejects an event on a document's subject that was made up: its
// data names another tenant, repository or document than the subject, by which
// permissions go, or ids that do not follow from its names. A document that is
// consistent but unknown to the catalog is another matter: late events of
// removed documents are, and are no fault of anybody.
//
// Data of another shape is the handler's to refuse.
func checkDocument(m Message) error {
	if !strings.HasPrefix(m.On, "leat.document.") {
		return nil
	}
	var d events.Document
	if json.Unmarshal(m.Data, &d) != nil {
		return nil
	}
	if named := d.Tenant + "." + d.Repository + "." + d.Document; !strings.HasSuffix(m.On, "."+named) {
		return fault.Reject(fmt.Errorf("%w: the data is about %.200s, the subject about another document", events.ErrInvalid, named))
	}
	repository, err := uuid.Parse(d.Repository)
	if err != nil {
		return nil
	}
	track := events.TrackID(repository, d.Ref)
	// What is not UTF-8 in a path does not reach the event, but counts in the id.
	exact := !strings.ContainsRune(d.Path, '\uFFFD')
	if d.Track != track.String() || exact && d.Document != events.DocumentID(track, []byte(d.Path)).String() {
		return fault.Reject(fmt.Errorf("%w: document %.40s does not exist: its id is not that of its repository, ref and path", events.ErrInvalid, d.Document))
	}
	return nil
}
