-- +goose Up

-- Requests that a client may send again, by the key that it has given them. The answer is
-- sealed with a key that is not in the database, since it may hold a new secret.
create table replies (
    token   text        not null check (token <> ''), -- public id of who asks
    key     text        not null check (key <> '' and length(key) <= 255), -- of the client's choice
    request bytea       not null check (octet_length(request) = 32), -- SHA-256 of what is asked
    ends_at timestamptz not null, -- under way: when it counts as given up; answered: when it is forgotten
    answer  bytea check (octet_length(answer) between 1 and 1048576), -- null: under way
    primary key (token, key)
);
create index replies_end on replies (ends_at);

-- +goose Down
drop table replies;
