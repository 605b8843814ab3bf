@echo off
rem Stops the exporter if it is running, then starts it.
call "%~dp0stop.bat"
if errorlevel 1 exit /b 1
call "%~dp0start.bat"
