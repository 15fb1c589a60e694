package pipeline

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

// contradiction refuses an event that was made up: on a document's subject, its
// data names another tenant, repository or document than the subject, which
// permissions guard, or an id that does not follow from the names. A document
// that is consistent but unknown to the catalog is no contradiction: late
// events of removed documents are about such.
func contradiction(on string, d events.Document) error {
	if !strings.HasPrefix(on, "leat.document.") {
		return nil
	}
	if named := d.Tenant + "." + d.Repository + "." + d.Document; !strings.HasSuffix(on, "."+named) {
		return fmt.Errorf("%w: the data is about %.200s, the subject about another document", events.ErrInvalid, named)
	}
	track := events.TrackID(uuid.MustParse(d.Repository), d.Ref) // the parser has checked that it is a UUID
	// Bytes of a path that are not UTF-8 do not reach the event, but the id is
	// made of them.
	exact := !strings.ContainsRune(d.Path, '\uFFFD')
	if d.Track != track.String() || exact && d.Document != events.DocumentID(track, []byte(d.Path)).String() {
		return fmt.Errorf("%w: document %.40s does not exist: its id is not that of its repository, ref and path", events.ErrInvalid, d.Document)
	}
	return nil
}
