"""What every command needs of the machine: errors in one line, whole files, worker processes."""
