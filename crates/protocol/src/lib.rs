//! What to do when something happens: the Messenger, a pure machine
