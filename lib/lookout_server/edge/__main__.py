"""Runs the agent. A component has this at its top, so that Python runs the component's directory."""

import os

# Read when NumPy is imported. The agent looks at as many pictures as there are cores, as a server does: threads beside
# those would wait for one another by computing on.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

from lookout_server.edge.command import main

main()
