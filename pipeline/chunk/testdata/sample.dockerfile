# syntax=docker/dockerfile:1
ARG VERSION=1.0

# Builds the mill.
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN go build -o /mill \
    -trimpath \
    ./cmd/mill

FROM --platform=linux/amd64 build AS test
RUN go test ./...

FROM debian:stable-slim
COPY --from=build /mill /mill
ENTRYPOINT ["/mill"]
