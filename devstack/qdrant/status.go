package qdrant

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func invalid(format string, args ...any) error {
	return status.Error(codes.InvalidArgument, "Wrong input: "+fmt.Sprintf(format, args...))
}

func notFound(format string, args ...any) error {
	return status.Error(codes.NotFound, "Not found: "+fmt.Sprintf(format, args...))
}

func noCollection(name string) error {
	return notFound("Collection `%s` doesn't exist!", name)
}

// unsupported is the answer to requests that Qdrant can serve but this server cannot.
func unsupported(feature string) error {
	return status.Errorf(codes.Unimplemented, "the embedded server does not support %s: use a Qdrant server", feature)
}
