import React from "react";

type Props = { name: string };

/** Shows a mill. */
export function Mill({ name }: Props) {
  return (
    <section title={name}>
      <p key={0}>It grinds &amp; rests {name}.</p>
      <p key={1}>It grinds &amp; rests {name}.</p>
      <p key={2}>It grinds &amp; rests {name}.</p>
      <p key={3}>It grinds &amp; rests {name}.</p>
      <p key={4}>It grinds &amp; rests {name}.</p>
      <p key={5}>It grinds &amp; rests {name}.</p>
      <p key={6}>It grinds &amp; rests {name}.</p>
      <p key={7}>It grinds &amp; rests {name}.</p>
      <p key={8}>It grinds &amp; rests {name}.</p>
      <p key={9}>It grinds &amp; rests {name}.</p>
      <p key={10}>It grinds &amp; rests {name}.</p>
      <p key={11}>It grinds &amp; rests {name}.</p>
    </section>
  );
}

export const Row = React.memo((props: Props) => <li>{props.name}</li>);
