@echo off
rem The exporter reads its settings only at startup, so a reload is a restart.
call "%~dp0restart.bat"
