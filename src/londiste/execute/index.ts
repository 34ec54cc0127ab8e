export {
  decodeScriptAttributes,
  formatScriptAttributes,
  parseScriptAttributes,
  scriptKeys,
  type ScriptAttributes,
  type ScriptKey,
} from "./attributes.ts";
export { decideScript, replaceTags, type ScriptDecision } from "./decide.ts";
export { replayScript, runScriptOnRoot, type Script, type ScriptOutcome } from "./run-script.ts";
