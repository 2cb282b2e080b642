//! The last of something, in bounded memory.

use std::collections::VecDeque;

/// At most so many, the last ones.
#[derive(Debug)]
pub(super) struct Window<T> {
    kept: VecDeque<T>,
    most: usize,
    came: u64,
}

impl<T> Window<T> {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            most: if most == 0 { 1 } else { most },
            came: 0,
        }
    }

    pub(super) fn push(&mut self, one: T) {
        self.came += 1;
        if self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(one);
    }

    pub(super) fn kept(&mut self) -> &[T] {
        self.kept.make_contiguous()
    }

    /// Those that gave way.
    pub(super) fn gone(&self) -> u64 {
        self.came - self.kept.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stay_and_the_first_give_way() {
        let mut window = Window::new(2);
        for number in 0..5 {
            window.push(number);
        }
        assert_eq!(window.kept(), [3, 4]);
        assert_eq!(window.gone(), 3);
    }
}
