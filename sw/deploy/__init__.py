# SPDX-License-Identifier: Apache-2.0
"""From a quantised model to a workload image for the firmware `encoder`."""
