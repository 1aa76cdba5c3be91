/** WebGL 2 programs and the buffers they read. */

export interface Program {
  use(): void;
  uniform(name: string): WebGLUniformLocation | null;
  dispose(): void;
}

/** Throws where the sources don't compile. */
export function linkProgram(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram()!;
  const shaders = ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const).map(([type, source]) => {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, `#version 300 es\n${source}`);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    return shader;
  });
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = [gl.getProgramInfoLog(program), ...shaders.map((shader) => gl.getShaderInfoLog(shader))];
    throw new Error(`The scatter plot's shaders don't link. ${logs.join(" ")}`);
  }
  shaders.forEach((shader) => gl.deleteShader(shader));
  const places = new Map<string, WebGLUniformLocation | null>();
  return {
    use: () => gl.useProgram(program),
    uniform(name) {
      if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
      return places.get(name)!;
    },
    dispose: () => gl.deleteProgram(program),
  };
}

/** A buffer on the graphics card that is filled anew only with another array. */
export function keptBuffer(gl: WebGL2RenderingContext, target: number = gl.ARRAY_BUFFER) {
  const buffer = gl.createBuffer();
  let kept: ArrayBufferView | null = null;
  return {
    fill(values: ArrayBufferView) {
      gl.bindBuffer(target, buffer);
      if (values !== kept) gl.bufferData(target, values, gl.STATIC_DRAW);
      kept = values;
    },
    dispose: () => gl.deleteBuffer(buffer),
  };
}
