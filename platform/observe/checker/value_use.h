// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "platform/observe/checker/guest_code.h"

namespace tessera {

/// Whether a branch, at most `max_steps` instructions behind the load at `index`, depends on its
/// value; also one behind the return from a function that gives it.
bool decides(const GuestCode& code, std::size_t index, unsigned max_steps);

/// Whether anything may use what the atomic at `index` reads, but to change the word: a
/// load-reserved may hand on to its store-conditional, which itself tells of success only.
bool is_result_used(const GuestCode& code, std::size_t index);

/// The stores of what the load at `index` gives, if it does nothing but give it to stores; else
/// none.
std::vector<std::size_t> copies_of(const GuestCode& code, std::size_t index);

}  // namespace tessera
