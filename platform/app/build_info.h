// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::app {

extern const char* const kVersion;
extern const char* const kGitHash;  ///< "-dirty" at its end: with changes; "unknown": no repository
extern const char* const kCompiler;
extern const char* const kSystemC;    ///< version of the library that runs
extern const char* const kBuildType;  ///< with the sanitizers, if any

}  // namespace tessera::app
