package pipeline

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

// contradiction refuses a forged event of a document. Permissions guard the
// subject, so the data must name the same tenant, repository and document as the
// subject, and an id that follows from the names. A document that the catalog
// does not know is no contradiction: late events concern documents that have
// been removed.
func contradiction(on string, d events.Document) error {
	if !strings.HasPrefix(on, "leat.document.") {
		return nil
	}
	if named := d.Tenant + "." + d.Repository + "." + d.Document; !strings.HasSuffix(on, "."+named) {
		return fmt.Errorf("%w: the data is about %.200s, the subject about another document", events.ErrInvalid, named)
	}
	track := events.TrackID(uuid.MustParse(d.Repository), d.Ref) // the parser has checked that it is a UUID
	// The id is made from the path's bytes. The event replaces bytes that are not
	// UTF-8, so such an id cannot be checked.
	exact := !strings.ContainsRune(d.Path, '\uFFFD')
	if d.Track != track.String() || exact && d.Document != events.DocumentID(track, []byte(d.Path)).String() {
		return fmt.Errorf("%w: document %.40s does not exist: its id is not that of its repository, ref and path", events.ErrInvalid, d.Document)
	}
	return nil
}
