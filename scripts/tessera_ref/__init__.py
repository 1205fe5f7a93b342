# SPDX-License-Identifier: Apache-2.0
"""Reference models in numpy, written apart from the C++ ones that they check."""
