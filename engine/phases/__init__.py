"""What moves a venue on: phases, deadlines, and the settings of supervisor and operator."""
