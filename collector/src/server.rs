//! The listener: accept, handshake, connections; agent routes first, then the pages.
