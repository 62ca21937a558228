"""Everything that speaks Matrix. Guarantee: nobody outside this folder (but the demo) knows that nio
exists.
"""
