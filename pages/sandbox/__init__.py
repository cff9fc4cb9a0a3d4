"""The sandbox of the processes that decode hostile files.

Three layers, each used where the kernel has it, and each checked from inside by ``probe``:

``namespaces``
    bubblewrap: no network, no other processes, and a file system that holds the programs, the code
    and two folders of the job.
``landlock``
    the same view of files for kernels and containers without user namespaces.
``seccomp``
    an allow-list of system calls: no sockets, no new processes, no signals to others.

``fork_server`` runs inside and has imported the engines; it forks one process for each job.
"""
