import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { authSchema } from "../../services/auth/infrastructure/migrations.ts";
import { usersSchema } from "../../services/users/infrastructure/migrations.ts";
import { migrationProblems } from "./migrations.ts";

const problems = (up: string): string[] => [...migrationProblems({ name: "0002-test", up })];

describe("migrations", () => {
  it("only expand the schema, so that the build before runs beside them", () => {
    const later = [usersSchema, authSchema].flatMap(({ migrations }) => migrations.slice(1));
    assert.deepEqual(
      later.flatMap((migration) => [...migrationProblems(migration)]),
      [],
    );
  });

  it("have names that are in order and never the same", () => {
    for (const { migrations } of [usersSchema, authSchema]) {
      const numbers = migrations.map(({ name }) => /^\d{4}(?=-)/.exec(name)?.[0] ?? assert.fail(name));
      assert.deepEqual(numbers, [...new Set(numbers)].sort());
    }
  });

  const allowed = [
    "alter table auth.accounts add column nickname text",
    "alter table auth.accounts add column seen integer not null default 0, add column rank bigint generated always as identity",
    "alter table auth.accounts alter column email drop not null",
    "alter table auth.proofs drop constraint kinds, add constraint kinds check (kind in ('A', 'B'))",
    "create index accounts_nickname on auth.accounts (nickname)",
    "create table auth.devices (id uuid primary key); alter table auth.devices add constraint one unique (id)",
    "create table auth.devices (id uuid); create unique index devices_id on auth.devices (id)",
    "-- drop table auth.accounts\nselect 1",
  ];
  for (const up of allowed) it(`may: ${up}`, () => assert.deepEqual(problems(up), []));

  const refused: [up: string, complaint: RegExp][] = [
    ["drop table auth.proofs", /drops/],
    ["alter table auth.accounts drop column locale", /drops/],
    ["ALTER TABLE auth.accounts\n  RENAME COLUMN locale TO language", /renames/],
    ["alter table auth.accounts alter column email type citext", /changes a type/],
    ["alter table auth.accounts alter locale set not null", /knows nothing/],
    ["alter table auth.accounts add column nickname text not null", /does not fill/],
    ["alter table auth.accounts add nickname text not null", /does not fill/],
    ["alter table auth.accounts add column a text default '', add column b text not null", /does not fill/],
    ["alter table auth.accounts add constraint young check (age < 30)", /may refuse/],
    ["alter table auth.proofs drop constraint a, add constraint b check (kind <> '')", /may refuse/],
    ["create unique index accounts_nickname on auth.accounts (nickname)", /may refuse/],
    ["delete from auth.sessions where true", /takes away/],
  ];
  for (const [up, complaint] of refused) it(`may not: ${up}`, () => assert.match(problems(up).join("\n"), complaint));
});
