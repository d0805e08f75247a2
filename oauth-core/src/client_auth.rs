//! Client authentication
