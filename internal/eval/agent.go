package eval

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/google/uuid"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
)

// The ways in which an agent looks for a file.
const (
	wayExplore = "explore"
	waySearch  = "search"
	wayGrep    = "grep"
	wayRead    = "grep, then read"
)

var ways = []string{wayExplore, waySearch, wayGrep, wayRead}

// enough is the number of tokens after which an agent gives up.
const enough = 20_000

// never stands for the tokens of a file that was not seen within enough.
const never = -1

// agent is a client of the tools over an index.
type agent struct{ *sdk.ClientSession }

// agent connects a client in this process, with the tools of an agent.
func (x *index) agent(ctx context.Context) (agent, error) {
	server, err := mcp.New(mcp.Config{Tools: mcp.All()}, x.service, mcp.Caller{Tenant: events.DefaultTenant})
	if err != nil {
		return agent{}, err
	}
	here, there := sdk.NewInMemoryTransports()
	if _, err := server.Connect(ctx, there, nil); err != nil {
		return agent{}, err
	}
	s, err := sdk.NewClient(&sdk.Implementation{Name: "eval"}, nil).Connect(ctx, here, nil)
	return agent{s}, err
}

func (a agent) call(ctx context.Context, tool string, arguments map[string]any) (string, error) {
	result, err := a.CallTool(ctx, &sdk.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, c := range result.Content {
		if t, ok := c.(*sdk.TextContent); ok {
			text.WriteString(t.Text)
		}
	}
	if result.IsError {
		return "", errors.New(text.String())
	}
	return text.String(), nil
}

// spend returns, by way, the tokens that an agent has read for each question when it sees the first
// line of a right file, or never.
func (x *index) spend(ctx context.Context, both copies, c corpus) ([][]int, error) {
	a, err := x.agent(ctx)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	plain, bare := newShelf(c.plain), newShelf(c.bare)
	all := make([][]int, len(c.questions))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(runtime.GOMAXPROCS(0))
	for i, q := range c.questions {
		asking.Go(func() error {
			repository, shelf := both.plain, plain
			if q.bare() {
				repository, shelf = both.bare, bare
			}
			explored, err := a.explore(ctx, q, repository)
			if err != nil {
				return fmt.Errorf("explore %q: %w", q.text, err)
			}
			searched, err := a.search(ctx, q, repository)
			if err != nil {
				return fmt.Errorf("search %q: %w", q.text, err)
			}
			named, read := shelf.look(q)
			all[i] = []int{explored, searched, named, read}
			return nil
		})
	}
	return all, asking.Wait()
}

// explore asks once.
func (a agent) explore(ctx context.Context, q question, repository uuid.UUID) (int, error) {
	text, err := a.call(ctx, "explore", map[string]any{"question": q.text, "repository": repository.String()})
	if err != nil {
		return 0, err
	}
	if at, seen := sees(text, q); seen {
		return tokensOf(at), nil
	}
	return never, nil
}

// search asks, and continues with the cursor until the answer shows a right file or the agent gives
// up.
func (a agent) search(ctx context.Context, q question, repository uuid.UUID) (int, error) {
	read := 0
	arguments := map[string]any{"query": q.text, "repository": repository.String()}
	for tokensOf(read) < enough {
		text, err := a.call(ctx, "search", arguments)
		if err != nil {
			return 0, err
		}
		if at, seen := sees(text, q); seen {
			return tokensOf(read + at), nil
		}
		_, cursor, more := strings.Cut(text, "» more with cursor ")
		if read += len(text); !more {
			return never, nil
		}
		arguments["cursor"] = strings.TrimSpace(cursor)
	}
	return never, nil
}

// sees returns how many bytes of an answer an agent has read at the end of the first piece
// of a right file.
func sees(text string, q question) (int, bool) {
	at, inside := 0, false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "» ") {
			if inside {
				return at, true
			}
			inside = slices.ContainsFunc(q.answers, func(a answer) bool { return strings.Contains(line, " "+a.path+":") })
		}
		at += len(line)
	}
	return at, inside
}

func tokensOf(bytes int) int { return (bytes + service.BytesPerToken - 1) / service.BytesPerToken }
