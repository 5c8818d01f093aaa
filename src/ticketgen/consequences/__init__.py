"""What a new rendering does to the resources of a stack that is already deployed.

The two renderings are compared as parsed models, root module by root module. The result is a plan of consequences, and
findings about resources that hold data and would be lost.
"""
