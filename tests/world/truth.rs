//! What really happened, in whole seconds: no word in here of agent, collector or judge.
