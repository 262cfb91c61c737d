// A server's error that went to the client as it came: the unit ends, nothing more is to be said.

export class ReportedError extends Error {}
