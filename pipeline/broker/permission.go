package broker

import (
	"slices"

	"github.com/leatworks/leat/events"
)

// Permissions are the subjects that a user of a NATS server needs. The server must refuse
// everything else.
type Permissions struct{ Publish, Subscribe []string }

// Role is a program that works on leat's own streams.
type Role string

// The roles. Each is also the name under which its binary connects, after
// "leat-"; an operator is the command leat.
const (
	RoleIngestor Role = "ingestor"
	RoleEmbedder Role = "embedder"
	RoleIndexer  Role = "indexer"
	RoleSyncer   Role = "syncer"
	RoleGateway  Role = "gateway"
	RoleOperator Role = "operator"
)

// Roles lists the roles.
var Roles = []Role{RoleIngestor, RoleEmbedder, RoleIndexer, RoleSyncer, RoleGateway, RoleOperator}

// The beginnings of the JetStream API's subjects. Source: NATS ADR-1 and the requests of
// nats.go/jetstream.
const (
	api  = "$JS.API."
	acks = "$JS.ACK."
)

// Domain is the JetStream domain that a tenant's clients name to reach their
// consumer: their own account has no JetStream.
const Domain = "leat"

// Inbox returns the beginning of the subjects of the answers to a connection, by the
// connection's name. A user that may subscribe only to its own inbox cannot read other
// users' answers.
func Inbox(name string) string { return "_INBOX." + name }

// inboxOf returns the subjects of answers to a client that connects by one of the names.
func inboxOf(names ...string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = Inbox(name) + ".>"
	}
	return list
}

// Name is the name under which the role connects.
func (r Role) Name() string {
	if r == RoleOperator {
		return "leat"
	}
	return "leat-" + string(r)
}

// Permissions returns the permissions of the role in the account of the streams.
func (r Role) Permissions() Permissions {
	p := Permissions{Subscribe: inboxOf(r.Name())}
	switch r {
	case RoleIngestor:
		p.Publish = slices.Concat(prepare(), pull(StreamIntake, ConsumerIngestor),
			[]string{events.ChunkedSubjects, events.EmbeddedSubjects, events.CompletedSubjects})
	case RoleEmbedder:
		p.Subscribe = append(p.Subscribe, SubjectGenerations)
		p.Publish = slices.Concat(prepare(), pull(StreamChunked, "*"), []string{events.EmbeddedSubjects})
	case RoleIndexer:
		p.Subscribe = append(p.Subscribe, SubjectGenerations)
		p.Publish = slices.Concat(prepare(), pull(StreamEmbedded, "*"), []string{events.IndexedSubjects, events.CompletedSubjects})
	case RoleSyncer:
		p.Subscribe = append(p.Subscribe, SubjectGenerations)
		p.Publish = slices.Concat(prepare(), upkeep(),
			[]string{SubjectGenerations, events.SubmittedSubjects, events.ChunkedSubjects, events.EmbeddedSubjects, events.CompletedSubjects})
	case RoleGateway:
		// It publishes dead letters again as they came, and these all come from the intake.
		p.Publish = slices.Concat(prepare(), []string{SubjectGenerations, events.SubmittedSubjects})
		p.Subscribe = append(p.Subscribe, SubjectGenerations, events.CompletedSubjects)
	case RoleOperator:
		// 'leat verify --repair' runs workers of its own.
		p.Subscribe = append(inboxOf("leat", "leat-repair"), SubjectGenerations, events.CompletedSubjects)
		p.Publish = slices.Concat(prepare(), upkeep(), pull(StreamChunked, "*"), pull(StreamEmbedded, "*"), listeners(), []string{
			SubjectGenerations, events.SubmittedSubjects, events.ChunkedSubjects, events.EmbeddedSubjects, events.IndexedSubjects, events.CompletedSubjects,
		})
	}
	return p
}

// MaySubmit returns the permissions of a client that submits for a tenant, in the tenant's own
// account.
func MaySubmit(tenant, name string) Permissions {
	return Permissions{Publish: []string{events.SubmittedSubject(tenant)}, Subscribe: inboxOf(name)}
}

// MayListen returns the permissions, in a tenant's own account, to hear the events about its repositories and to read
// them from the tenant's consumer.
func MayListen(tenant, name string) Permissions {
	return Permissions{Publish: OwnConsumer(tenant).reached(), Subscribe: slices.Concat(inboxOf(name), Heard(tenant))}
}

// Heard returns the subjects of the events about a tenant's repositories.
func Heard(tenant string) []string {
	return []string{events.CompletedOf(tenant), events.IndexedOf(tenant)}
}

// Call is a subject of the account of the streams that other accounts reach.
type Call struct {
	Subject string // in the account of the streams
	Local   string // in the other account
	Many    bool   // several answers may come to one call
}

// Calls returns the subjects by which a tenant's account reaches the streams: the intake
// and the tenant's consumer. The answers go to that account alone. A client of another
// account cannot choose the subject of an answer in this account. A client of this account
// could, because the server answers to any subject that a publisher names.
func Calls(tenant string) []Call {
	own := OwnConsumer(tenant)
	return append([]Call{{Subject: events.SubmittedSubject(tenant), Local: events.SubmittedSubject(tenant)}}, own.calls()...)
}

// Offered returns the subjects that the Calls of all tenants reach together.
func Offered() []Call {
	return append([]Call{{Subject: events.SubmittedSubjects}}, Consumer{StreamIndexed, "*"}.calls()...)
}

// OwnConsumer is the consumer of a tenant's listeners.
func OwnConsumer(tenant string) Consumer { return Consumer{StreamIndexed, "listener-" + tenant} }

func (c Consumer) calls() []Call {
	at := c.Stream + "." + c.Name
	local := "$JS." + Domain + ".API."
	return []Call{
		{Subject: api + "CONSUMER.INFO." + at, Local: local + "CONSUMER.INFO." + at},
		{Subject: api + "CONSUMER.MSG.NEXT." + at, Local: local + "CONSUMER.MSG.NEXT." + at, Many: true},
		{Subject: acks + at + ".>", Local: acks + at + ".>"},
	}
}

func (c Consumer) reached() []string {
	var list []string
	for _, call := range c.calls() {
		list = append(list, call.Local)
	}
	return list
}

// look is needed to see the streams and their consumers.
func look() []string {
	list := []string{api + "INFO"}
	for _, stream := range streams {
		list = append(list, api+"STREAM.INFO."+stream, api+"CONSUMER.INFO."+stream+".*")
	}
	return list
}

// Every process that starts needs prepare: Ensure makes what is missing, and mends what
// differs.
func prepare() []string {
	list := look()
	for _, stream := range streams {
		list = append(list, api+"STREAM.CREATE."+stream, api+"STREAM.UPDATE."+stream)
	}
	return append(list,
		api+"CONSUMER.CREATE."+StreamIntake+"."+ConsumerIngestor+"."+events.SubmittedSubjects,
		api+"CONSUMER.CREATE."+StreamChunked+".*."+events.ChunkedSubjects,
		api+"CONSUMER.CREATE."+StreamEmbedded+".*."+events.EmbeddedSubjects)
}

// pull is needed to take messages from a consumer and to settle them.
func pull(stream, consumer string) []string {
	at := stream + "." + consumer
	return []string{api + "CONSUMER.MSG.NEXT." + at, acks + at + ".>"}
}

// upkeep is needed to see the last message of a document, and to drop a generation.
func upkeep() []string {
	return []string{
		api + "DIRECT.GET." + StreamChunked + "." + events.ChunkedSubjects,
		api + "DIRECT.GET." + StreamEmbedded + "." + events.EmbeddedSubjects,
		api + "CONSUMER.DELETE." + StreamChunked + ".*",
		api + "CONSUMER.DELETE." + StreamEmbedded + ".*",
		api + "STREAM.PURGE." + StreamEmbedded,
	}
}

// listeners is needed to make and remove the consumers of listeners.
func listeners() []string {
	return []string{api + "CONSUMER.CREATE." + StreamIndexed + ".*", api + "CONSUMER.DELETE." + StreamIndexed + ".*"}
}

// SubjectAuthorize is where a server asks whether a client may come in.
// Source: NATS ADR-26, authorization callout.
const SubjectAuthorize = "$SYS.REQ.USER.AUTH"

// CalloutName is the name of the connection of a client that answers on SubjectAuthorize.
const CalloutName = "leat-callout"

// MayAuthorize returns the permissions of a client that answers on SubjectAuthorize. To send
// an answer it must be allowed to respond to requests.
func MayAuthorize() Permissions {
	return Permissions{Publish: inboxOf(CalloutName), Subscribe: append(inboxOf(CalloutName), SubjectAuthorize)}
}
