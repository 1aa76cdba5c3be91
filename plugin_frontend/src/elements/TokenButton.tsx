/** A token of any example to be chosen: its word, or its patch of the image. */

import type { ComponentChildren } from "preact";
import { formatToken } from "../lib/format";
import type { DescribedToken } from "../schema";
import { BoxCrop } from "./BoxCrop";
import { hideTip, showTip, showTipAt } from "./Tooltip";

interface Props {
  token: DescribedToken;
  /** What it is, in words: spoken, and beside the pointer. */
  described: string;
  urlOf(image: string): string;
  /** Below or beside its word or patch. */
  children?: ComponentChildren;
  onChoose(): void;
}

export function TokenButton({ token, described, urlOf, children, onChoose }: Props) {
  const tip = () => <Tip token={token} described={described} urlOf={urlOf} />;
  return (
    <button
      type="button"
      class={`neighbour ${token.modality}`}
      aria-label={described}
      onMouseMove={(event) => showTip(event, tip())}
      onMouseLeave={hideTip}
      onFocus={(event) =>
        (event.target as Element).matches(":focus-visible") && showTipAt(event.currentTarget as Element, tip())
      }
      onBlur={hideTip}
      onClick={() => {
        hideTip();
        onChoose();
      }}
    >
      <TokenFace token={token} urlOf={urlOf} />
      {children}
    </button>
  );
}

/** The word, or the patch of the image. */
export function TokenFace({ token, urlOf }: { token: DescribedToken; urlOf(image: string): string }) {
  return token.box && token.image ? (
    <BoxCrop url={urlOf(token.image)} box={token.box} label="" around={0} />
  ) : (
    <span class="neighbour-word">{formatToken(token.text)}</span>
  );
}

function Tip({ token, described, urlOf }: Pick<Props, "token" | "described" | "urlOf">) {
  return (
    <div class="neighbour-tip">
      {token.box && token.image && (
        <BoxCrop url={urlOf(token.image)} box={token.box} label="Where the patch lies" around={1.5} />
      )}
      {described}
    </div>
  );
}
