-- A wide part is two files for each of the columns, and creating files is the larger share of what an insert or a merge
-- costs the kernel. Up to 100 MB (before compression) a part keeps all its columns in one file.
ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 100000000;
