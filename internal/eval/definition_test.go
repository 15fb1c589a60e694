package eval

import (
	"fmt"
	"strings"
	"testing"
)

// Each text is followed by its definitions: name, line of the name, lines of the
// body, lines of the comment, the question.
func TestDefinitions(t *testing.T) {
	for path, c := range map[string]struct{ text, want string }{
		"mill.go": {`package mill

// Open lets the water of the leat in, and says
// whether any came.
//
// It blocks.
func (m *Mill[T]) Open() bool {
	return m.gate.lift()
}

type (
	// A weir holds the river back at the mill.
	Weir struct{ height int }
)

func plain() {} // no comment
`, `Open 7 7-9 3-6 lets the water of the leat in, and says whether any came.
Weir 13 13-13 12-12 A weir holds the river back at the mill.
plain 16 16-16 0-0`},
		"mill.py": {`import os

@cached
def grind(
    wheat,
):
    """Grind the wheat between both stones.

    :param wheat: in sacks
    """
    return wheat


class Mill:
    """A mill which stands at a leat."""

    def stop(self):
        "Not a documentation string of three quotes."
        return None

async def empty():
    """Nothing else is in its body."""
`, `grind 4 3-11 7-10 Grind the wheat between both stones.
Mill 14 14-19 15-15 A mill which stands at a leat.
stop 17 17-19 0-0
empty 21 21-22 0-0`},
		"mill.rs": {`/// Leads the water to the ` + "`Wheel`" + ` of it.
#[inline]
pub(crate) fn lead(
    water: Water,
) -> Wheel
where
    Water: Flow,
{
    wheel(water)
}

impl Mill {
    // Counts all sacks of flour.
    pub async fn count(&self) -> usize { 0 }
}
`, `lead 3 2-10 1-1 Leads the water to the Wheel of it.
count 14 14-14 13-13 Counts all sacks of flour.`},
		"Mill.java": {`/**
 * The mill that {@link Wheel} turns by water.
 *
 * @since 1
 */
public final class Mill {
  /** Grinds a sack of wheat slowly. */
  @Override
  public <T extends Wheat> Flour grind(T wheat, int speed)
      throws IOException {
    if (wheat == null) {
      return grind(wheat, 2);
    }
    return new Flour(wheat);
  }
}
`, `Mill 6 6-16 1-5 The mill that Wheel turns by water.
grind 9 8-15 7-7 Grinds a sack of wheat slowly.`},
		"mill.ts": {`/**
 * @name grind
 * @summary Grinds what is given to it.
 */
export function grind<Wheat>(
  wheat: Wheat,
): Flour {
  return flour(wheat);
}

// Stops the wheel at once now.
export const stop = (wheel: Wheel) => {
  wheel.stop();
};

class Wheel {
  /** Turns it by some degrees. */
  private turn(degrees: number): void {
    this.angle += degrees;
  }
}
`, `grind 5 5-9 1-4 Grinds what is given to it.
stop 12 12-14 11-11 Stops the wheel at once now.
Wheel 16 16-21 0-0
turn 18 18-20 17-17 Turns it by some degrees.`},
		"mill.h": {`namespace mill {
// A wheel that is turned by water.
template <typename T> class MILL_API wheel {
 public:
  /* Turns it by so many degrees. */
  template <typename U>
  auto turn(U degrees) -> int {
    return angle_ + degrees;
  }
};
}
`, `wheel 3 3-10 2-2 A wheel that is turned by water.
turn 7 6-9 5-5 Turns it by so many degrees.`},
		"notes.md": {"# func a() {}\n", ""},
		"bad.go":   {"package bad\nfunc (\n", ""},
	} {
		var got []string
		for _, d := range definitionsOf(file{path: path, content: c.text}) {
			row := fmt.Sprintf("%s %d %d-%d %d-%d", d.name, d.named, d.body.first, d.body.last, d.comment.first, d.comment.last)
			if q := d.question(); q != "" {
				row += " " + q
			}
			got = append(got, row)
		}
		if got := strings.Join(got, "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, c.want)
		}
	}
}

func TestWhatIsNoQuestion(t *testing.T) {
	for _, q := range []string{"", "a b c", "See the other method for that", "Copyright 2020 by the whole mill", "TODO make it grind much faster", "- - - - - -", "Deprecated: use that other mill instead"} {
		if asks(q) {
			t.Errorf("%q is asked", q)
		}
	}
	if !asks("Grinds wheat between stones") {
		t.Error("a sentence is not asked")
	}
	long := strings.Repeat("water ", 200)
	if q := clip(long); len(q) > maxAsked || !strings.HasPrefix(long, q) || strings.HasSuffix(q, "wat") || q == "" {
		t.Errorf("clipped to %q", q)
	}
}
