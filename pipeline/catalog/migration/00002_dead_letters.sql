-- +goose Up

alter table dead_letters
    add column message text check (message <> ''), -- stream, sequence and time: delivered twice, it is one letter
    add column source  text, -- of the CloudEvent, with its id; null: it could not be read
    add column event   text,
    add column whole   boolean not null default false; -- headers and payload are as they were published
create unique index dead_letters_message on dead_letters (worker, message);
create index dead_letters_tenant on dead_letters (tenant, id);
create index dead_letters_event on dead_letters (tenant, source, event);

-- Finds the failed documents of a track.
create index documents_failed on documents (track, id) where state = 'failed';

-- +goose Down
drop index documents_failed, dead_letters_event, dead_letters_tenant, dead_letters_message;
alter table dead_letters drop column whole, drop column event, drop column source, drop column message;
