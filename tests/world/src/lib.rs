//! The test world: people, a virtual clock, bad wires
