/** An error class that an application lets a reply bring to life. Called as `new Class(message)`. */
export interface RemoteErrorClass {
  new (message: string): Error
}

/**
 * Which errors of the other side are re-created as the application's own classes: `module.ClassName` -> class.
 * Nothing is ever imported or looked up by a name from the wire outside this map.
 */
export type RemoteErrorRegistry = ReadonlyMap<string, RemoteErrorClass>
