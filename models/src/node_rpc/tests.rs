//! Replies and notices that a monerod gave, and what becomes of them when one thing is changed.
