//! What a pool is asked to hand out.

/// What a pool is asked to hand out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Blobs.
    #[default]
    Stratum,
    /// Whole block templates with room for two numbers of ours.
    Template(NumberOrder),
}

/// Which way round a pool writes the numbers of a submit into the template that it rebuilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberOrder {
    /// nodejs-pool.
    BigEndian,
    /// monero-pool, which reads them as signed numbers besides.
    LittleEndian,
}

impl NumberOrder {
    /// The integer that says `number`, which stands in the template with its highest byte first.
    #[must_use]
    pub const fn as_sent(self, number: u32) -> i64 {
        match self {
            Self::BigEndian => number as i64,
            Self::LittleEndian => i32::from_le_bytes(number.to_be_bytes()) as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_gives_the_pool_the_bytes_that_stand_in_the_template() {
        for number in [0, 1, 0x0000_0180, 0x8000_0000, 0xdead_beef, u32::MAX] {
            let bytes = number.to_be_bytes();
            let big = NumberOrder::BigEndian.as_sent(number);
            assert_eq!(u32::try_from(big).unwrap().to_be_bytes(), bytes);
            let little = NumberOrder::LittleEndian.as_sent(number);
            // As `json_object_get_int` and `memcpy` on the usual machines do it.
            assert_eq!(i32::try_from(little).unwrap().to_le_bytes(), bytes);
        }
    }
}
