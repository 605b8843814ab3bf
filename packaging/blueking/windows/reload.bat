@echo off
rem The exporter reads its settings when it starts, so a reload is a restart.
call "%~dp0restart.bat"
