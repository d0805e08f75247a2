/// Keeps everything in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore;
