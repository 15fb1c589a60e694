package events

// Header is what a message carries beside its payload: NATS headers reduced to
// their first value.
type Header map[string]string
