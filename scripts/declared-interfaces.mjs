// The interfaces of a source file as a reader of the reference wants them: members with type, default and meaning, taken from
// the declaration and its comment, so that neither is written twice.
import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * `{ name, meaning, members }`, each member `{ name, type, default, meaning }`; inherited ones stay with whom they are inherited
 * from. Throws when there is no such interface, or a member of it has no comment.
 */
export function declaredInterface(path, name) {
  const declaration = interfacesOf(path).find((candidate) => candidate.name.text === name)
  if (!declaration) throw new Error(`${path}: there is no interface ${name}`)
  return {
    name,
    meaning: commentOf(declaration),
    members: declaration.members.map((member) => described(member, path)),
  }
}

/** The interfaces of a file, as they stand there. */
export function interfacesOf(path) {
  return parse(path).statements.filter(ts.isInterfaceDeclaration)
}

export function parse(path) {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
}

/** The text of the comment in front of a declaration, as one line; empty when there is none. */
export function commentOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  return oneLine(ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? '')
}

function described(member, path) {
  const name = member.name.getText()
  const comment = commentOf(member)
  if (comment === '') throw new Error(`${path}: ${member.parent.name.text}.${name} has no comment`)
  return { name, type: typeOf(member), ...splitDefault(comment) }
}

/** What may be given: that it may be left out, or be undefined, goes without saying. */
function typeOf(member) {
  const text = oneLine(member.type.getText()).replace(/ \| undefined$/, '')
  return text.replace(/^\((\(.*\) => .*)\)$/, '$1').replace(/^\| /, '')
}

/** "The port. Default 5672, with TLS 5671. More." is the default `5672, with TLS 5671` and the meaning "The port. More." */
function splitDefault(comment) {
  const found = /(?:^|(?<=[.;] ))Default:? (.+?)\.(?= |$)/.exec(comment)
  if (!found) return { default: '', meaning: comment }
  const meaning = `${comment.slice(0, found.index)}${comment.slice(found.index + found[0].length)}`
  return { default: found[1], meaning: oneLine(meaning) }
}

const oneLine = (text) => text.replaceAll(/\s+/g, ' ').trim()
