-- +goose Up
-- Lists of repositories are paged by URL, in the order of its bytes.
create index repositories_listed on repositories (tenant, url collate "C");
-- A repository may be named by the end of its URL or of its name. These are both backwards, so
-- that an end is a beginning.
create index repositories_url_end on repositories (tenant, (reverse(lower(regexp_replace(url, '\.git$', '') collate "C")) collate "C"));
create index repositories_name_end on repositories (tenant, (reverse(lower('/' || name collate "C")) collate "C"));
-- +goose Down
drop index repositories_name_end, repositories_url_end, repositories_listed;
