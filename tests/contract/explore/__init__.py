"""Random schedules of CloudFormation's events, with deaths, faults and late deliveries, played against every type."""
