-- +goose Up

-- Answers about a whole graph, which take long to find. One is good as long as the graph
-- has not changed since.
create table graph_answers (
    track    uuid   not null references graphs on delete cascade,
    question text   not null check (question <> ''), -- with the version of the code that answers it
    changed  bigint not null check (changed >= 0), -- of the graph
    answer   jsonb  not null,
    primary key (track, question)
);

-- +goose Down
drop table graph_answers;
