module golite

go 1.27
