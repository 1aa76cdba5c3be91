/** What the card of the chosen token shows, loaded while it is open. */

import { computed } from "@preact/signals";
import * as api from "./api";
import { placeOf, version } from "./catalogue";
import { manifestOf, shownDepth } from "./data";
import { effectiveBlock, findSequence, startToken, type TokenChoice } from "./lib/blocks";
import type { Head, Role } from "./lib/selection";
import { together, type Query } from "./loading";
import { resource } from "./resource";
import type { AttentionBlock, Manifest, TokenDetails } from "./schema";
import { field, selection, visibleSides } from "./state";

const NEIGHBOURS = 4;
const WORDS = 24;

const card = field("card");
const view = field("view");
const block = field("block");
const head = field("head");
const role = field("role");

export const cardShown = computed(() => card.value && view.value !== "heads");

/** The chosen token of the side in front, the first of several; null while there is none. */
export const cardToken = computed(() => {
  const side = visibleSides.value[0];
  const manifest = manifestOf[side].value.value;
  const place = placeOf[side].value;
  if (!manifest || !place || manifest.tag !== place.tag) return null;
  const { sequence: name, tokens } = chosenTokens(manifest);
  const sequence = findSequence(manifest, name);
  const [token] = tokens;
  return sequence ? { side, manifest, place, sequence, token: Math.min(token, sequence.tokens.length - 1) } : null;
});

/** Until one is chosen, the one that the Attention view would begin with. */
function chosenTokens(manifest: Manifest): TokenChoice {
  const { sequence, tokens, block: name } = selection.value;
  if (sequence !== null && tokens.length > 0) return { sequence, tokens };
  const known = manifest.attention.find((candidate) => candidate.name === name) ?? manifest.attention[0];
  return known ? startToken(manifest, known, role.value) : { sequence: manifest.sequences[0].name, tokens: [0] };
}

const key = computed(() => {
  const shown = cardShown.value ? cardToken.value : null;
  return shown && { place: shown.place, sequence: shown.sequence.name, token: shown.token };
});

export const hasStates = computed(
  () =>
    cardToken.value?.manifest.hidden_states.some(({ sequence }) => sequence === cardToken.value!.sequence.name) ??
    false,
);

export const cardNeighbours = resource(() =>
  key.value && hasStates.value
    ? api.neighbours(key.value.place, key.value.sequence, key.value.token, { count: NEIGHBOURS, distinct: 1 }, version.value)
    : null,
);

/** Nearest words at every layer, so that moving along the layers need not ask again. */
export const cardWords = resource(() => {
  const filter = { count: WORDS, modality: "text", distinct: 1 } as const;
  return key.value && hasStates.value
    ? api.neighbours(key.value.place, key.value.sequence, key.value.token, filter, version.value)
    : null;
});

/** The layer whose words are shown: that of the hidden states, or the nearest that the token has. */
export const cardLayer = computed(() => {
  const layers = cardWords.value.value?.map(({ layer }) => layer) ?? [];
  return layers.find((layer) => layer === shownDepth.value) ?? layers.at(-1) ?? null;
});

/** What the token gives as a query, and what it receives as a key. */
export interface CardDetails {
  norms: TokenDetails["norms"];
  gives: AttentionOfToken | null;
  receives: AttentionOfToken | null;
}

type AttentionOfToken = NonNullable<TokenDetails["attention"]> & { heads: number };

export const cardDetails = resource((): Query<CardDetails> | null => {
  if (!key.value) return null;
  const { place, sequence, token } = key.value;
  const [gives, receives] = [blockIn("query"), blockIn("key")];
  const asks = [gives, receives].map((found) => api.token(place, sequence, token, found?.name ?? null, headOf(found)));
  const { key: name, run } = together(`card ${asks.map((ask) => ask.key).join()}`, asks);
  const of = (details: TokenDetails, found: AttentionBlock | null) =>
    details.attention && found && { ...details.attention, heads: found.heads };
  return {
    key: name,
    run: async (signal) => {
      const [given, received] = await run(signal);
      return { norms: given.norms, gives: of(given, gives), receives: of(received, receives) };
    },
  };
});

/** The chosen block, or the one like it in which the token has the role. */
function blockIn(role: Role): AttentionBlock | null {
  const shown = cardToken.value;
  const chosen = shown?.manifest.attention.find(({ name }) => name === block.value) ?? shown?.manifest.attention[0];
  return shown && chosen ? effectiveBlock(shown.manifest.attention, chosen, shown.sequence.name, role) : null;
}

function headOf(found: AttentionBlock | null): Head {
  return head.value === null || (head.value !== "mean" && head.value >= (found?.heads ?? 0)) ? "mean" : head.value;
}
