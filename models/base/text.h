// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tessera {

/// Reads an unsigned integer as users write it: decimal, 0x, '_' between digits, and the suffixes
/// KiB, MiB, GiB (64KiB, 64 KiB). Returns the value, or what is wrong with the text. A leading 0 is
/// refused because YAML and C would read it as octal.
std::variant<std::uint64_t, std::string> parse_unsigned(const std::string& text);

/// "64KiB" when `bytes` is a whole number of KiB (or MiB, GiB), else the plain number.
std::string format_bytes(std::uint64_t bytes);

/// The candidate that `word` is most likely a misspelling of; empty when none is near (more than a
/// third of the letters differ).
std::string nearest_spelling(const std::string& word, const std::vector<std::string>& candidates);

/// "a, b, c".
std::string join(const std::vector<std::string>& words, const std::string& separator = ", ");

}  // namespace tessera
