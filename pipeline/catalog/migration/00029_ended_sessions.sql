-- +goose Up

-- Sessions of browsers that people have ended. The cookie of a session holds all of it, so
-- that this is how every gateway learns that a cookie does not count any more.
create table ended_sessions (
    id      bytea       primary key check (length(id) = 32), -- SHA-256 of the session's id
    ends_at timestamptz not null -- of the cookie, which ends by itself then
);

create index ended_sessions_over on ended_sessions (ends_at);

-- +goose Down
drop table ended_sessions;
