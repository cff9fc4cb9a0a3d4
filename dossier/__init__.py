"""The words of the domain: spine types, states, errors and ports. Imports nothing else of ours."""
