"""`make bench`: what things cost, as ratios against a peer in the same run; seconds alone say more of the machine."""
