//! Somebody else at work at the same time.
