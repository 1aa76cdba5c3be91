/** The camera of the plots: it moves at once, and stands in the link when it rests. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Camera } from "../../../lib/camera";
import { readCamera, writeCamera } from "../../../lib/camera_text";
import { framed } from "../../../embedding_points";
import { select, selection } from "../../../state";

const REST_MILLISECONDS = 250;

/** null: all points. */
export function useCamera(): [Camera | null, (camera: Camera | null) => void] {
  const written = selection.value.camera;
  const [camera, setCamera] = useState(() => readCamera(written));
  const own = useRef(written);
  const timer = useRef(0);
  useEffect(() => {
    if (written === own.current) return;
    clearTimeout(timer.current);
    own.current = written;
    setCamera(readCamera(written));
  }, [written]);
  // Points that lie otherwise now have no use for where the camera was about to rest.
  const shown = framed.value;
  const framedBefore = useRef(shown);
  useEffect(() => {
    if (shown === null || shown === framedBefore.current) return;
    if (framedBefore.current !== null) {
      clearTimeout(timer.current);
      own.current = selection.peek().camera;
      setCamera(readCamera(own.current));
    }
    framedBefore.current = shown;
  }, [shown]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = (moved: Camera | null) => {
    setCamera(moved);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      own.current = writeCamera(moved);
      select({ camera: own.current });
    }, REST_MILLISECONDS);
  };
  return [camera, move];
}
